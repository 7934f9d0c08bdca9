/** Names of the shapes on the wire, all taken from the generated schema; only GeoJSON is given its own library types. */
import type { FeatureCollection, Geometry, LineString, MultiLineString, Point } from "geojson";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Bilingual = Schemas["Bilingual"];
export type Named = Schemas["NamedItem"];
export type ErrorBody = Omit<Schemas["ErrorBody"], "details"> & { details?: Record<string, unknown> };
export type Session = Schemas["Session"];
export type Snapshot = Schemas["SnapshotInfo"];
export type City = Schemas["CityInfo"];
export type Quality = Schemas["Quality"];
export type Catalogue = Schemas["CatalogueOut"];
export type Element = Schemas["ElementOut"];
export type Walker = Schemas["WalkerOut"];
export type Basis = Schemas["BasisOut"];
export type Requirement = Schemas["RequirementOut"];
export type Threshold = Schemas["ThresholdOut"];
export type Job = Schemas["JobOut"];
/** What may be asked for; fields with a default may be left out. */
export type JobRequest = (Partial<Schemas["AssessRequest"]> & { kind: "assess" }) | (Partial<Schemas["OpeningsRequest"]> & { kind: "openings" });
export type JobList = Schemas["JobList"];
export type AreaProperties = Schemas["AreaProperties"];
export type AreaCollection = FeatureCollection<Geometry | null, AreaProperties>;
export type CoverageRow = Schemas["CoverageRow"];
export type Coverage = Schemas["Coverage"];
export type Cells = Schemas["Cells"];
export type FacilityCollection = FeatureCollection<Point, Schemas["FacilityProperties"]>;
export type ShortfallRow = Schemas["ShortfallRow"];
export type ShortfallPage = Schemas["ShortfallPage"];
export type ShortfallDetail = Schemas["ShortfallDetail"];
export type HoursOut = Schemas["HoursOut"];
export type Isochrones = Schemas["IsochronesOut"];
export type Openings = Schemas["OpeningsOut"];
export type Opening = Schemas["OpeningOut"];
export type SearchHit = Schemas["Hit"];
export type Hits = Schemas["Hits"];
export type Route = LineString | MultiLineString;

export const LEVELS = ["community", "life_circle", "street", "district", "city"] as const;
export type AreaLevel = (typeof LEVELS)[number];
