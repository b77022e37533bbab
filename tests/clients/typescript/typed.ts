// With openapi-fetch and the types that openapi-typescript makes.
import createClient from "openapi-fetch";
import { ADDRESS, ID, KEY, OTHER, PROFILE, VECTOR, inBase64, run } from "./questions";
import type { paths } from "./schema";

const client = createClient<paths>({ baseUrl: ADDRESS, headers: { Authorization: `Bearer ${KEY}` } });

type Answer<T> = { data?: T; error?: unknown; response: Response };

const answered = async <T>(asked: Promise<Answer<T>>): Promise<T> => {
  const { data, error, response } = await asked;
  if (data === undefined) throw new Error(`${response.status} ${response.url}: ${JSON.stringify(error)}`);
  return data;
};

const nobody = async (): Promise<unknown> => {
  const { error, response } = await client.GET("/profiles/{id}", { params: { path: { id: "nobody" } } });
  if (response.status !== 404) throw new Error(`${response.status}`);
  return error;
};

run(async () => ({
  "get_recommend_by_id_by_n": await answered(
    client.GET("/recommend/{id}/{n}", { params: { path: { id: ID, n: 3 } } }),
  ),
  "get_recommend_by_id_by_n distances": await answered(
    client.GET("/recommend/{id}/{n}", { params: { path: { id: ID, n: 3 }, query: { distances: true, exact: true } } }),
  ),
  "get_recommend": await answered(client.GET("/recommend", { params: { query: { id: ID, n: 3, ef: 1 } } })),
  "post_recommend ids": await answered(client.POST("/recommend", { body: { ids: [ID, 7], n: 3, distances: true } })),
  "post_recommend vectors": await answered(client.POST("/recommend", { body: { vectors: [VECTOR], n: 2 } })),
  "post_recommend profiles": await answered(
    client.POST("/recommend", { body: { profiles: [PROFILE], n: 2, exclude: [OTHER], ids: null } }),
  ),
  "get_profiles_by_id": await answered(client.GET("/profiles/{id}", { params: { path: { id: ID } } })),
  "get_profiles_by_id nobody": await nobody(),
  "get_profiles id": await answered(client.GET("/profiles", { params: { query: { id: ID } } })),
  "get_profiles prefix": await answered(
    client.GET("/profiles", { params: { query: { prefix: ID.slice(0, 1), limit: 2 } } }),
  ),
  "get_random": await answered(client.GET("/random")),
  "get_distance": await answered(client.GET("/distance", { params: { query: { from: ID, to: OTHER } } })),
  "get_map": await inBase64((await answered(client.GET("/map", { parseAs: "blob" }))) as Blob),
  "get_search": await answered(client.GET("/search", { params: { query: { prefix: "a", limit: 2 } } })),
  "get_map_fields": await answered(client.GET("/map/fields")),
  "get_map_values": await inBase64(
    (await answered(client.GET("/map/values", { params: { query: { field: "age" } }, parseAs: "blob" }))) as Blob,
  ),
  "get_map_place": await answered(client.GET("/map/place", { params: { query: { id: ID } } })),
  "get_map_by_place": await answered(client.GET("/map/{place}", { params: { path: { place: 0 } } })),
  "get_health_live": await answered(client.GET("/health/live")),
  "get_health_ready": await answered(client.GET("/health/ready")),
  "get_health_status": await answered(client.GET("/health/status")),
  "get_index": await answered(client.GET("/index")),
  "get_index_versions": await answered(client.GET("/index/versions")),
  "get_index_events": await answered(client.GET("/index/events")),
  "post_index_pin_by_version": await answered(
    client.POST("/index/pin/{version}", { params: { path: { version: 1 } } }),
  ),
  "delete_index_pin": await answered(client.DELETE("/index/pin")),
  "get_metrics": await answered(client.GET("/metrics", { parseAs: "text" })),
  "get_openapi_json": await answered(client.GET("/openapi.json")),
  "get_docs": await answered(client.GET("/docs", { parseAs: "text" })),
  "get_docs_by_asset": await answered(
    client.GET("/docs/{asset}", { params: { path: { asset: "start.js" } }, parseAs: "text" }),
  ),
  "get_explorer": await answered(client.GET("/", { parseAs: "text" })),
  "get_explorer_by_asset": await answered(
    client.GET("/explorer/{asset}", { params: { path: { asset: "explorer.css" } }, parseAs: "text" }),
  ),
}));
