// With the client that openapi-generator makes for Go, in the folder client.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	kindred "kindred.example/clients/client"
)

var answers = map[string]any{}

// keep writes an answer down, or ends with what went wrong.
func keep[T any](name string) func(T, *http.Response, error) {
	return func(answer T, response *http.Response, err error) {
		check(name, err)
		answers[name] = answer
	}
}

func check(name string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

// content reads a file that the client has written an answer to.
func content(name string) func(*os.File, *http.Response, error) []byte {
	return func(file *os.File, response *http.Response, err error) []byte {
		check(name, err)
		defer os.Remove(file.Name())
		bytes, err := io.ReadAll(file)
		check(name, err)
		return bytes
	}
}

func main() {
	id, other := os.Getenv("KINDRED_ID"), os.Getenv("KINDRED_OTHER")
	var vector []float64
	check("KINDRED_VECTOR", json.Unmarshal([]byte(os.Getenv("KINDRED_VECTOR")), &vector))
	configuration := kindred.NewConfiguration()
	configuration.Servers = kindred.ServerConfigurations{{URL: os.Getenv("KINDRED_ADDRESS")}}
	client := kindred.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), kindred.ContextAccessToken, os.Getenv("KINDRED_KEY"))

	recommendations, profiles := client.RecommendationsAPI, client.ProfilesAPI
	index, server := client.IndexAPI, client.ServerAPI
	type list = []map[string]any
	keep[list]("get_recommend_by_id_by_n")(recommendations.GetRecommendByIdByN(ctx, id, 3).Execute())
	keep[list]("get_recommend_by_id_by_n distances")(
		recommendations.GetRecommendByIdByN(ctx, id, 3).Distances(true).Exact(true).Execute())
	keep[list]("get_recommend")(recommendations.GetRecommend(ctx).Id(id).N(3).Ef(1).Execute())

	ids := kindred.NewQuestions(3)
	ids.SetIds([]any{id, 7})
	ids.SetDistances(true)
	keep[*kindred.Answers]("post_recommend ids")(recommendations.PostRecommend(ctx).Questions(*ids).Execute())
	vectors := kindred.NewQuestions(2)
	vectors.SetVectors([][]float64{vector})
	keep[*kindred.Answers]("post_recommend vectors")(recommendations.PostRecommend(ctx).Questions(*vectors).Execute())
	byProfile := kindred.NewQuestions(2)
	byProfile.SetProfiles(list{{"interests": []string{"salsa", "ballet"}, "age": 30, "city": nil}})
	byProfile.SetExclude([]any{other})
	keep[*kindred.Answers]("post_recommend profiles")(recommendations.PostRecommend(ctx).Questions(*byProfile).Execute())

	keep[map[string]any]("get_profiles_by_id")(profiles.GetProfilesById(ctx, id).Execute())
	_, response, err := profiles.GetProfilesById(ctx, "nobody").Execute()
	problem, ok := err.(*kindred.GenericOpenAPIError)
	if !ok || response.StatusCode != 404 {
		check("get_profiles_by_id nobody", fmt.Errorf("%w instead of a problem", err))
	}
	answers["get_profiles_by_id nobody"] = problem.Model()
	keep[any]("get_profiles id")(profiles.GetProfiles(ctx).Id(id).Execute())
	keep[any]("get_profiles prefix")(profiles.GetProfiles(ctx).Prefix(id[:1]).Limit(2).Execute())
	keep[map[string]any]("get_random")(profiles.GetRandom(ctx).Execute())
	keep[*kindred.Distance]("get_distance")(recommendations.GetDistance(ctx).From(id).To(other).Execute())
	answers["get_map"] = base64.StdEncoding.EncodeToString(content("get_map")(profiles.GetMap(ctx).Execute()))
	keep[*kindred.Found]("get_search")(profiles.GetSearch(ctx).Prefix("a").Limit(2).Execute())
	keep[*kindred.Colours]("get_map_fields")(profiles.GetMapFields(ctx).Execute())
	values := content("get_map_values")(profiles.GetMapValues(ctx).Field("age").Execute())
	answers["get_map_values"] = base64.StdEncoding.EncodeToString(values)
	keep[*kindred.Place]("get_map_place")(profiles.GetMapPlace(ctx).Id(id).Execute())
	keep[map[string]any]("get_map_by_place")(profiles.GetMapByPlace(ctx, 0).Execute())

	keep[*kindred.Health]("get_health_live")(server.GetHealthLive(ctx).Execute())
	keep[*kindred.Health]("get_health_ready")(server.GetHealthReady(ctx).Execute())
	keep[*kindred.Health]("get_health_status")(server.GetHealthStatus(ctx).Execute())
	keep[*kindred.Description]("get_index")(index.GetIndex(ctx).Execute())
	keep[*kindred.Versions]("get_index_versions")(index.GetIndexVersions(ctx).Execute())
	keep[*kindred.Events]("get_index_events")(index.GetIndexEvents(ctx).Execute())
	keep[*kindred.Pinned]("post_index_pin_by_version")(index.PostIndexPinByVersion(ctx, 1).Execute())
	keep[*kindred.Pinned]("delete_index_pin")(index.DeleteIndexPin(ctx).Execute())
	keep[string]("get_metrics")(server.GetMetrics(ctx).Execute())
	keep[map[string]*any]("get_openapi_json")(server.GetOpenapiJson(ctx).Execute())
	keep[string]("get_docs")(server.GetDocs(ctx).Execute())
	keep[string]("get_docs_by_asset")(server.GetDocsByAsset(ctx, "start.js").Execute())
	keep[string]("get_explorer")(server.GetExplorer(ctx).Execute())
	keep[string]("get_explorer_by_asset")(server.GetExplorerByAsset(ctx, "explorer.css").Execute())

	check("writing", json.NewEncoder(os.Stdout).Encode(answers))
}
