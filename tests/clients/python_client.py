"""With the client that openapi-python-client makes."""

from importlib import import_module

from kindred_client import AuthenticatedClient
from kindred_client.models import Questions, QuestionsProfilesType0Item
from questions import ADDRESS, ID, KEY, OTHER, PROFILE, VECTOR, in_base64, write


def plain(answer):
    """What a model was read from."""
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    if hasattr(answer, "payload"):
        return in_base64(answer.payload.read())
    return answer.to_dict() if hasattr(answer, "to_dict") else answer


def main():
    answers = {}
    with AuthenticatedClient(base_url=ADDRESS, token=KEY) as client:

        def ask(tag, operation, *path, more="", **parameters):
            module = import_module(f"kindred_client.api.{tag}.{operation}")
            answers[f"{operation} {more}".strip()] = plain(module.sync(*path, client=client, **parameters))

        ask("recommendations", "get_recommend_by_id_by_n", ID, 3)
        ask("recommendations", "get_recommend_by_id_by_n", ID, 3, more="distances", distances=True, exact=True)
        ask("recommendations", "get_recommend", id=ID, n=3, ef=1)
        ask("recommendations", "post_recommend", more="ids", body=Questions(ids=[ID, 7], n=3, distances=True))
        ask("recommendations", "post_recommend", more="vectors", body=Questions(vectors=[VECTOR], n=2))
        profile = QuestionsProfilesType0Item.from_dict(PROFILE)
        by_profiles = Questions(profiles=[profile], n=2, exclude=[OTHER], ids=None)
        ask("recommendations", "post_recommend", more="profiles", body=by_profiles)
        ask("profiles", "get_profiles_by_id", ID)
        ask("profiles", "get_profiles_by_id", "nobody", more="nobody")
        ask("profiles", "get_profiles", more="id", id=ID)
        ask("profiles", "get_profiles", more="prefix", prefix=ID[:1], limit=2)
        ask("profiles", "get_random")
        ask("recommendations", "get_distance", from_=ID, to=OTHER)
        ask("profiles", "get_map")
        ask("profiles", "get_search", prefix="a", limit=2)
        ask("profiles", "get_map_fields")
        ask("profiles", "get_map_values", field="age")
        ask("profiles", "get_map_place", id=ID)
        ask("profiles", "get_map_by_place", 0)
        for operation in ["get_health_live", "get_health_ready", "get_health_status"]:
            ask("server", operation)
        for operation in ["get_index", "get_index_versions", "get_index_events"]:
            ask("index", operation)
        ask("index", "post_index_pin_by_version", 1)
        ask("index", "delete_index_pin")
        for operation in ["get_metrics", "get_openapi_json", "get_docs", "get_explorer"]:
            ask("server", operation)
        ask("server", "get_docs_by_asset", "start.js")
        ask("server", "get_explorer_by_asset", "explorer.css")
    write(answers)


if __name__ == "__main__":
    main()
