// With the client that openapi-generator makes for typescript-fetch.
import {
  AnswersToJSON,
  ColoursToJSON,
  Configuration,
  DescriptionToJSON,
  EventsToJSON,
  FoundToJSON,
  IndexApi,
  PinnedToJSON,
  ProfilesApi,
  RecommendationsApi,
  ResponseError,
  ServerApi,
  VersionsToJSON,
} from "./client";
import { ADDRESS, ID, KEY, OTHER, PROFILE, VECTOR, inBase64, run } from "./questions";

const configuration = new Configuration({ basePath: ADDRESS, accessToken: KEY });
const recommendations = new RecommendationsApi(configuration);
const profiles = new ProfilesApi(configuration);
const index = new IndexApi(configuration);
const server = new ServerApi(configuration);

const nobody = async (): Promise<unknown> => {
  try {
    return await profiles.getProfilesById({ id: "nobody" });
  } catch (error) {
    if (!(error instanceof ResponseError) || error.response.status !== 404) throw error;
    return error.response.json();
  }
};

run(async () => ({
  "get_recommend_by_id_by_n": await recommendations.getRecommendByIdByN({ id: ID, n: 3 }),
  "get_recommend_by_id_by_n distances": await recommendations.getRecommendByIdByN({ id: ID, n: 3, distances: true, exact: true }),
  "get_recommend": await recommendations.getRecommend({ id: ID, n: 3, ef: 1 }),
  "post_recommend ids": AnswersToJSON(
    await recommendations.postRecommend({ questions: { ids: [ID, 7], n: 3, distances: true } }),
  ),
  "post_recommend vectors": AnswersToJSON(
    await recommendations.postRecommend({ questions: { vectors: [VECTOR], n: 2 } }),
  ),
  "post_recommend profiles": AnswersToJSON(
    await recommendations.postRecommend({ questions: { profiles: [PROFILE], n: 2, exclude: [OTHER], ids: null } }),
  ),
  "get_profiles_by_id": await profiles.getProfilesById({ id: ID }),
  "get_profiles_by_id nobody": await nobody(),
  "get_profiles id": await profiles.getProfiles({ id: ID }),
  "get_profiles prefix": await profiles.getProfiles({ prefix: ID.slice(0, 1), limit: 2 }),
  "get_random": await profiles.getRandom(),
  "get_distance": await recommendations.getDistance({ from: ID, to: OTHER }),
  "get_map": await inBase64(await profiles.getMap()),
  "get_search": FoundToJSON(await profiles.getSearch({ prefix: "a", limit: 2 })),
  "get_map_fields": ColoursToJSON(await profiles.getMapFields()),
  "get_map_values": await inBase64(await profiles.getMapValues({ field: "age" })),
  "get_map_place": await profiles.getMapPlace({ id: ID }),
  "get_map_by_place": await profiles.getMapByPlace({ place: 0 }),
  "get_health_live": await server.getHealthLive(),
  "get_health_ready": await server.getHealthReady(),
  "get_health_status": await server.getHealthStatus(),
  "get_index": DescriptionToJSON(await index.getIndex()),
  "get_index_versions": VersionsToJSON(await index.getIndexVersions()),
  "get_index_events": EventsToJSON(await index.getIndexEvents()),
  "post_index_pin_by_version": PinnedToJSON(await index.postIndexPinByVersion({ version: 1 })),
  "delete_index_pin": PinnedToJSON(await index.deleteIndexPin()),
  "get_metrics": await server.getMetrics(),
  "get_openapi_json": await server.getOpenapiJson(),
  "get_docs": await server.getDocs(),
  "get_docs_by_asset": await server.getDocsByAsset({ asset: "start.js" }),
  "get_explorer": await server.getExplorer(),
  "get_explorer_by_asset": await server.getExplorerByAsset({ asset: "explorer.css" }),
}));
