"""With the client that openapi-generator makes for Python."""

import json

import openapi_client as kindred
from questions import ADDRESS, ID, KEY, OTHER, PROFILE, VECTOR, in_base64, write


def plain(answer):
    """What a model was read from."""
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    return json.loads(answer.to_json()) if hasattr(answer, "to_json") else answer


def nobody(profiles):
    try:
        return profiles.get_profiles_by_id("nobody")
    except kindred.ApiException as error:
        assert error.status == 404 and error.data.status == 404, error
        return error.data


def main():
    configuration = kindred.Configuration(host=ADDRESS, access_token=KEY)
    with kindred.ApiClient(configuration) as client:
        recommendations = kindred.RecommendationsApi(client)
        profiles, index, server = kindred.ProfilesApi(client), kindred.IndexApi(client), kindred.ServerApi(client)
        # One list each: what is not set is sent as nothing or as null.
        by_ids = kindred.Questions(ids=[ID, 7], n=3, distances=True)
        by_vectors = kindred.Questions(vectors=[VECTOR], n=2)
        by_profiles = kindred.Questions(profiles=[PROFILE], n=2, exclude=[OTHER], ids=None)
        answers = {
            "get_recommend_by_id_by_n": recommendations.get_recommend_by_id_by_n(ID, 3),
            "get_recommend_by_id_by_n distances": recommendations.get_recommend_by_id_by_n(ID, 3, distances=True, exact=True),
            "get_recommend": recommendations.get_recommend(ID, 3, ef=1),
            "post_recommend ids": recommendations.post_recommend(by_ids),
            "post_recommend vectors": recommendations.post_recommend(by_vectors),
            "post_recommend profiles": recommendations.post_recommend(by_profiles),
            "get_profiles_by_id": profiles.get_profiles_by_id(ID),
            "get_profiles_by_id nobody": nobody(profiles),
            "get_profiles id": profiles.get_profiles(id=ID),
            "get_profiles prefix": profiles.get_profiles(prefix=ID[:1], limit=2),
            "get_random": profiles.get_random(),
            "get_distance": recommendations.get_distance(ID, OTHER),
            "get_map": in_base64(profiles.get_map()),
            "get_search": profiles.get_search("a", limit=2),
            "get_map_fields": profiles.get_map_fields(),
            "get_map_values": in_base64(profiles.get_map_values("age")),
            "get_map_place": profiles.get_map_place(ID),
            "get_map_by_place": profiles.get_map_by_place(0),
            "get_health_live": server.get_health_live(),
            "get_health_ready": server.get_health_ready(),
            "get_health_status": server.get_health_status(),
            "get_index": index.get_index(),
            "get_index_versions": index.get_index_versions(),
            "get_index_events": index.get_index_events(),
            "post_index_pin_by_version": index.post_index_pin_by_version(1),
            "delete_index_pin": index.delete_index_pin(),
            "get_metrics": server.get_metrics(),
            "get_openapi_json": server.get_openapi_json(),
            "get_docs": server.get_docs(),
            "get_docs_by_asset": server.get_docs_by_asset("start.js"),
            "get_explorer": server.get_explorer(),
            "get_explorer_by_asset": server.get_explorer_by_asset("explorer.css"),
        }
    write({name: plain(answer) for name, answer in answers.items()})


if __name__ == "__main__":
    main()
