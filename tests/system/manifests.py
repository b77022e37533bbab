"""Checks the Kubernetes manifests that come on standard input, and what holds between them.

    kubectl kustomize DIRECTORY | manifests.py INDEX-BUILDER VERSION-OF-KINDRED

Exit 0 where everything holds, else 1 with one line for each thing that does not.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as prometheus_operator

# The first version that has all that is used, and the newest that the schemas are there for.
VERSIONS = ["1.31", "1.37"]
# Defined by the Prometheus operator, not by Kubernetes.
OF_OPERATOR = {
    "ServiceMonitor": prometheus_operator.ServiceMonitor,
    "PrometheusRule": prometheus_operator.PrometheusRule,
}
# What the profile `restricted` of pod security asks for, and a root that cannot be written.
CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}

problems = []


def check(holds, what):
    if not holds:
        problems.append(what)


def pod_template(document):
    """The template of the pods that a document makes, if it makes any."""
    if document["kind"] == "Deployment":
        return document["spec"]["template"]
    if document["kind"] == "CronJob":
        return document["spec"]["jobTemplate"]["spec"]["template"]
    return None


def check_schema(document):
    if document["kind"] in OF_OPERATOR:
        check_operator_schema(document)
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{document['kind']} {document['metadata']['name']}, Kubernetes {version}: {error.message}")


def check_operator_schema(document):
    """The model refuses wrong values and drops fields that it does not know, so what comes back has to be the same."""
    what = f"{document['kind']} {document['metadata']['name']}"
    try:
        known = OF_OPERATOR[document["kind"]].model_validate(document)
    except ValueError as error:
        problems.append(f"{what}: {error}")
        return
    check(known.model_dump(mode="json", by_alias=True, exclude_none=True) == document, f"{what}: has a field that is not known")


def check_pod(name, pod, names):
    """Security, and that everything a pod refers to is there. Secrets are made by hand."""
    security = pod["securityContext"]
    check(security.get("runAsNonRoot") is True and security.get("runAsUser", 0) > 0, f"{name}: may be root")
    check(security.get("seccompProfile") == {"type": "RuntimeDefault"}, f"{name}: no seccomp profile")
    check(pod.get("automountServiceAccountToken") is False, f"{name}: has a token of the cluster's")
    check(pod.get("enableServiceLinks") is False, f"{name}: a service named kindred becomes KINDRED_ variables")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for volume in volumes.values():
        claim = volume.get("persistentVolumeClaim")
        check(claim is None or ("PersistentVolumeClaim", claim["claimName"]) in names, f"{name}: no claim {claim}")
    for container in pod["containers"]:
        check(container["securityContext"] == CONTAINER_SECURITY, f"{name}: a container is not hardened")
        check("memory" in container["resources"]["limits"], f"{name}: no limit of memory")
        for mount in container["volumeMounts"]:
            check(mount["name"] in volumes, f"{name}: no volume {mount['name']}")
        for source in container.get("envFrom", []):
            settings = source["configMapRef"]["name"]
            check(("ConfigMap", settings) in names, f"{name}: no settings {settings}")


def seconds(duration):
    number, unit = re.fullmatch(r"(\d+)(s|m)", duration).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


def check_server(pod, settings):
    container = pod["containers"][0]
    ports = {port["name"] for port in container["ports"]}
    paths = {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}
    for probe, path in paths.items():
        asked = container[probe]["httpGet"]
        check(asked["path"] == path and asked["port"] in ports, f"{probe} asks {asked}")
        check(asked.get("scheme", "HTTP") == scheme_of(settings).upper(), f"{probe} asks {asked}, TLS or not")
    needed = container["lifecycle"]["preStop"]["sleep"]["seconds"] + seconds(settings["KINDRED_SHUTDOWN_TIMEOUT"])
    check(pod["terminationGracePeriodSeconds"] > needed, f"stopping may take {needed} s, more than it is given")
    mounts = {mount["mountPath"]: mount.get("readOnly") for mount in container["volumeMounts"]}
    check(mounts.get(settings["KINDRED_INDEX_DIR"]) is True, "the index is not mounted read-only where it is looked for")
    for setting in ["KINDRED_API_KEYS", "KINDRED_TLS_CERT", "KINDRED_TLS_KEY"]:
        if setting in settings:
            place = str(pathlib.PurePath(settings[setting]).parent)
            check(mounts.get(place) is True, f"nothing is mounted read-only at {place} for {setting}")


def scheme_of(settings):
    return "https" if "KINDRED_TLS_CERT" in settings else "http"


def check_ways_in(documents, server, settings):
    """Whatever leads to the server names a port that there is, and speaks what the server speaks."""
    container = server["containers"][0]
    ports = {port["name"] for port in container["ports"]}
    service = next(document for document in documents if document["kind"] == "Service")
    offered = {port["name"]: port for port in service["spec"]["ports"]}
    for port in offered.values():
        check(port["targetPort"] in ports, f"the Service leads to a port {port['targetPort']} that the pods do not have")
    tls = scheme_of(settings) == "https"
    check({port["port"] for port in offered.values()} == {443 if tls else 80}, f"the Service offers {offered}")
    for document in documents:
        name, spec = f"{document['kind']} {document['metadata']['name']}", document.get("spec", {})
        if document["kind"] == "NetworkPolicy":
            for rule in spec["ingress"]:
                for port in rule["ports"]:
                    check(port["port"] in ports, f"{name} opens a port {port['port']} that the pods do not have")
        if document["kind"] == "ServiceMonitor":
            check(document["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items(), f"{name} selects no Service")
            for endpoint in spec["endpoints"]:
                check(endpoint["port"] in offered, f"{name} asks a port {endpoint['port']} that the Service does not have")
                check(endpoint.get("scheme", "http") == scheme_of(settings), f"{name} speaks {endpoint.get('scheme')}")
                check(not tls or endpoint.get("tlsConfig", {}).get("serverName") == host_of(service), f"{name} expects another name")
        if document["kind"] == "Ingress":
            check_ingress(name, document, service, offered, tls)


def host_of(service):
    return f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc"


def check_ingress(name, ingress, service, offered, tls):
    spec = ingress["spec"]
    hosts = {rule["host"] for rule in spec["rules"]}
    check({host for entry in spec["tls"] for host in entry["hosts"]} == hosts, f"{name}: not every host has a certificate")
    for backend in [path["backend"]["service"] for rule in spec["rules"] for path in rule["http"]["paths"]]:
        check(backend["name"] == service["metadata"]["name"], f"{name} leads to {backend}")
        check(backend["port"]["name"] in offered, f"{name} leads to a port {backend['port']} that the Service does not have")
    annotations = ingress["metadata"].get("annotations", {})
    protocol = annotations.get("nginx.ingress.kubernetes.io/backend-protocol", "HTTP")
    check(protocol == ("HTTPS" if tls else "HTTP"), f"{name} speaks {protocol} to the pods")
    if tls:
        check(annotations.get("nginx.ingress.kubernetes.io/proxy-ssl-name") == host_of(service), f"{name} expects another name")


def check_rules(documents, server_namespace):
    """The alerts are in the namespace of what they are about, and are about the jobs that are there."""
    jobs = {document["metadata"]["name"] for document in documents if document["kind"] == "CronJob"}
    service = next(document for document in documents if document["kind"] == "Service")
    for document in documents:
        if document["kind"] != "PrometheusRule":
            continue
        check(document["metadata"].get("namespace") == server_namespace, "the rules are in another namespace")
        rules = [rule for group in document["spec"]["groups"] for rule in group["rules"]]
        text = " ".join(rule["expr"] for rule in rules)
        check(set(re.findall(r'cronjob="([^"]*)"', text)) == jobs, f"alerts on jobs other than {jobs}")
        # A ServiceMonitor calls its job after the Service.
        named = set(re.findall(r'\bjob="([^"]*)"', text))
        check(named == {service["metadata"]["name"]}, f"alerts on the job {named}")


def check_builder(job, builder):
    """Runs the build as the job would, but for the paths."""
    pod = job["spec"]["template"]["spec"]
    container = pod["containers"][0]
    check(pod["restartPolicy"] == "Never", "a failure policy needs restartPolicy Never")
    for rule in job["spec"]["podFailurePolicy"]["rules"]:
        codes = rule.get("onExitCodes")
        check(codes is None or codes["containerName"] == container["name"], f"no container for {codes}")
    with tempfile.TemporaryDirectory() as place:
        lines = "".join(f'{{"_id": {number}, "word": "w{number}"}}\n' for number in range(20))
        pathlib.Path(place, "profiles.jsonl").write_text(lines)
        arguments = [argument.replace("/profiles/", f"{place}/") for argument in container["args"]]
        arguments = [f"{place}/index" if argument == "/index" else argument for argument in arguments]
        done = subprocess.run([builder, *arguments], capture_output=True, text=True)
        check(done.returncode == 0, f"the command of the job fails: {done.stderr}")
        check(pathlib.Path(place, "index/index-00000001.knd").exists(), "the job publishes nothing")


def check_selectors(documents, templates):
    """Whatever selects pods selects some: a name that was changed in one place only selects nothing, silently."""
    for document in documents:
        spec = document.get("spec", {})
        selectors = {
            "Deployment": lambda: spec["selector"]["matchLabels"],
            "Service": lambda: spec["selector"],
            "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
            "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
        }
        if document["kind"] not in selectors:
            continue
        wanted = selectors[document["kind"]]().items()
        selected = [template for template in templates if wanted <= template["metadata"]["labels"].items()]
        check(len(selected) == 1, f"{document['kind']} {document['metadata']['name']} selects {len(selected)} of the pods")


def main(builder, version):
    documents = list(yaml.safe_load_all(sys.stdin))
    names = {(document["kind"], document["metadata"]["name"]) for document in documents}
    for document in documents:
        check_schema(document)
    templates = [template for template in map(pod_template, documents) if template]
    check(len(templates) == 2, f"{len(templates)} kinds of pods instead of a server and a builder")
    check_selectors(documents, templates)
    for template in templates:
        name = template["metadata"]["labels"]["app.kubernetes.io/component"]
        check_pod(name, template["spec"], names)
        image = template["spec"]["containers"][0]["image"]
        check(image.endswith(f"kindred:{version}"), f"{name}: the image is {image}, the version {version}")
    by_kind = {document["kind"]: document for document in documents}
    server, settings = by_kind["Deployment"]["spec"]["template"]["spec"], by_kind["ConfigMap"]["data"]
    check_server(server, settings)
    check_ways_in(documents, server, settings)
    check_rules(documents, by_kind["Service"]["metadata"]["namespace"])
    check_builder(by_kind["CronJob"]["spec"]["jobTemplate"], builder)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
