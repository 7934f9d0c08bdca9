import type { Messages } from "./zh";

export const en: Messages = {
  app: { name: "Kezhong", tagline: "15-minute life circles", skip: "Skip to content", title: "{page} · {city} · Kezhong" },
  nav: { label: "Main navigation", map: "Map", shortfalls: "Shortfalls", collapse: "Collapse navigation", expand: "Expand navigation" },
  context: {
    label: "Basis and data in use",
    city: "City", snapshot: "Snapshot", basis: "Basis", walker: "Walker", window: "Window", any: "Any time",
    open: "Basis and data settings", close: "Done", speed: "{value} m/min", head: "latest",
  },
  synthetic: { badge: "Synthetic data", hint: "This city is generated for demonstration. Its names, people and facilities are invented; use it for no real decision." },
  quality: {
    chip: "Data quality {score}", label: "Data-quality score {score} of 100", title: "Data-quality checks",
    insufficient: "Data insufficient: the score is below the threshold; results help to check the data and are no shortfalls.",
    status: { na: "not applicable", ok: "passed", pass: "passed", warn: "note", warning: "note", fail: "failed", error: "failed", skipped: "not checked", info: "info" },
  },
  search: {
    label: "Search areas, facilities, elements, shortfalls", placeholder: "Search (/)", none: "Nothing found for “{q}”. Try a name, a code, pinyin or its initials.",
    kinds: { area: "Areas", facility: "Facilities", element: "Elements", shortfall: "Shortfalls" }, hint: "Name, code, pinyin or initials", count: "{n} results",
  },
  jobs: {
    label: "Jobs", title: "Jobs", none: "No jobs yet. Assessments and other long work are listed here.", cancel: "Cancel job", active: "{n} jobs under way",
    kinds: { assess: "Assessment" },
    state: { queued: "waiting", running: "running", done: "done", failed: "failed", cancelled: "cancelled" },
    done: "Assessment finished; results are up to date.", failed: "The assessment did not finish: {message}", cancelled: "Assessment cancelled; earlier results are unchanged.", progress: "{value} done",
  },
  person: {
    label: "Personal settings", analyst: "Local analyst", analystNote: "Used on this machine without sign-in; reachable from this machine only.", theme: "Appearance",
    themes: { auto: "System", light: "Light", dark: "Dark" }, version: "Version {version}",
  },
  language: { switch: "切换到中文", short: "中文" },
  large: { on: "Large type", off: "Normal type", label: "Large type, high contrast" },
  state: {
    loading: "Loading…", refreshing: "Updating…", retry: "Try again", request: "Request {id}", failed: "Could not be loaded", what: "What to do",
    notFound: "No such page", notFoundHint: "The address may be wrong, or the page is not built yet.", toMap: "Back to the map",
  },
  run: {
    none: "Not assessed yet", noneHint: "There are no results for {basis}, {walker}. An assessment measures walking access and shortfalls for every community and element on this basis.",
    start: "Start assessment", starting: "Submitting…", running: "Assessment under way", cancel: "Cancel assessment",
    old: "No results for this snapshot", oldHint: "Only the latest data are assessed. Switch to the latest snapshot to see or start its assessment.", toHead: "Use the latest snapshot",
    insufficient: "Data insufficient: the results below help to check the data and are no shortfalls.",
  },
  level: { community: "Communities", life_circle: "Life circles", street: "Streets", district: "Districts", city: "City", label: "Area level" },
  communityType: { new: "new", existing: "existing", old: "old", village: "village" },
  elementLevel: { "15min": "15 min", "10min": "10 min", "5min": "5 min", block: "block", district: "district", township: "township", village: "village" },
  status: {
    meets: "met", falls_short: "not met", informative: "informative", data_insufficient: "data insufficient", not_detected: "not detected", no_data: "no data",
    confirmed_absent: "confirmed absent", not_applicable: "not applicable", unreached: "not reached",
  },
  variant: {
    label: "Coverage variant", population: "by residents", target_pop: "by target group", land: "by residential land", building: "by dwellings", estate: "by estate gates", buffer: "by straight-line radius",
    "": "default",
  },
  evidence: { proposal: "proposal (to be checked)", found: "clause checked", label: "Evidence" },
  certainty: { high: "high", medium: "medium", low: "low" },
  map: {
    title: "Map", what: "What", why: "Why", view: { grade: "Grades", cells: "Distance", areas: "Coverage" },
    unit: { label: "Unit shown", m: "metres", min: "minutes" },
    elements: "Service elements", elementSearch: "Filter elements", requiredOnly: "Required only", required: "required", noElements: "No element fits.",
    all: "All required elements", legend: "Legend", threshold: "required {value}", beyond: "not reached within the search", failing: "requirement not met", insufficient: "data insufficient",
    notDetected: "not detected", gradeLabel: "Grade {grade}", grades: { A: "Grade A", B: "Grade B", C: "Grade C", D: "Grade D", insufficient: "data insufficient" },
    noThreshold: "This basis sets no walking distance for the element", facility: "Facility", population: "{n} people in the cell",
    north: "North up", zoomIn: "Zoom in", zoomOut: "Zoom out", home: "Whole city", datum: "Coordinates: WGS 84 / CGCS2000; measured in {crs}", attribution: "© OpenStreetMap contributors", synthetic: "Synthetic data: no real place",
    canvas: "Map of {city}. Arrow keys move over areas, Enter explains, plus and minus zoom.", focused: "{name}: {text}",
    noBasemap: "No base map for this city; it is made when OSM data are imported.", noWebgl: "This browser cannot draw the map (no WebGL). The table below holds the same content.",
    noGeometry: "Areas of this level have no boundaries; see the table below.", panel: "Open options", close: "Close", ratioTitle: "Worst required element: distance ÷ requirement", cellTitle: "Walking distance to the nearest facility", cellTimeTitle: "Walking time to the nearest facility",
    shareTitle: "Share of people for whom the requirement is met", gradeTitle: "Composite grade (weights are a proposal)", passShare: "pass mark {value}",
  },
  table: {
    title: "Table", open: "Open table", close: "Close table", rows: "{n} areas", name: "Name", status: "Status", value: "Coverage", people: "People", met: "Covered", of: "To be covered", nearest: "Mean distance (all)", minutes: "Mean time (all)",
    grade: "Grade", score: "Score", required: "Required met", failing: "Main failing elements", empty: "There are no areas of this level. Import boundaries (kezhong import areas).", sortedBy: "Sorted by {column}, {direction}", ascending: "ascending", descending: "descending",
  },
  why: {
    title: "Explanation", area: "This area", point: "Clicked place", overview: "Overview", failing: "Elements not met", none: "Every required element is met or has no data.", grade: "Grade", score: "Composite score", scoreNote: "weights are a proposal",
    people: "Residents", required: "Required elements", metOf: "{met} of {total} met", unknown: "{n} with insufficient data", pick: "Choose an area on the map or in the table", pickHint: "It is explained here: walking time and distance, facility, clause, people affected and data sources.",
    chooseElement: "Choose an element to see its evidence", route: "Walking route", toFacility: "Nearest facility of a typical home", clause: "Clause", requirement: "Requirement", affected: "People affected", certainty: "Data certainty", sources: "Data sources", versions: "Versions", figures: "Figures", figuresMore: "All figures ({n})",
    conflicts: "Requirements of all bases ({n})", run: "Run", software: "Software", copy: "Copy link", copied: "Link copied", exportJson: "Export evidence", print: "Print", back: "Back to overview", cell: "Analysis unit", children: "aged 0–14", elderly: "aged 60 and over", reached: "covered", total: "total", showFacility: "Show on map",
    distance: "Walking distance", time: "Walking time", capacity: "Capacity", hours: "Opening hours", noFacility: "No facility reached within the search", file: "Source", row: "Source row", asOf: "As of", layer: "Layer", hash: "Content hash", toShortfall: "Open the shortfall", shortfallList: "Shortfalls here",
  },
  shortfalls: {
    title: "Shortfall list", total: "{n} in all", filtered: "{n} found", empty: "No shortfalls", emptyHint: "On this basis no element falls short of its requirement.", emptyFiltered: "No shortfall fits the filters", emptyFilteredHint: "Loosen a filter or clear them all.",
    clear: "Clear filters", filters: "Filters", sort: "Sort", columns: "Columns", columnsTitle: "Columns shown", export: "Export", exportAs: "Export {format}", exportHint: "All {n} rows as filtered and sorted, with basis, snapshot, walker and data quality.", exporting: "Exporting…",
    q: "Area, element, department", circle: "Circle", district: "District", tier: "Tier", element: "Element", certainty: "Certainty", remedy: "Remedy", area: "Area", all: "All", loadMore: "Loading more…", detail: "Shortfall", close: "Close", onMap: "Show on map", remedies: "Remedies that fit (least building first)",
    present: "Present state", gap: "Gap", rank: "No.", rankIn: "no. {n} in its circle", affected: "People affected", target: "Target group affected", requirement: "Requirement", department: "Responsible", lead: "Lead department", children: "Children affected (0–14)", elderly: "Elderly affected (60+)", wording: "Wording", nearest: "Mean distance", clause: "Clause",
    share: "Share of target group", level: "Level", sorts: { rank: "Urgency within circle", "-people_affected": "People affected (most first)", "-target_share": "Share affected (highest first)", area_name: "Area name", element: "Element", "-nearest_m": "Mean distance (farthest first)" },
    rows: "Shortfall list, {n} rows. Up and down move, Enter opens the details.", missing: "No such shortfall", missingHint: "It may have been made good in a newer assessment, or the link belongs to another basis.",
  },
  indicator: {
    coverage: "Coverage", nearest_m: "Mean walking distance", minutes: "Mean walking time", lived_access: "Lived access (minutes)", choice: "Facilities to choose from", facilities: "Facilities", site_area: "Site area", floor_area: "Floor area", capacity: "Capacity", ratio: "Ledger ratio",
    capacity_per_1000: "Capacity per 1,000", capacity_gap: "Capacity gap", floor_area_per_facility: "Floor area per facility", access_2sfca: "2SFCA access", access_e2sfca: "E2SFCA access", capacity_limited_coverage: "Capacity-limited coverage", sharing: "Shared facilities",
    grade: "Grade", barrier_free: "Barrier-free", satisfaction: "Satisfaction", utilisation: "Utilisation", open_hours_match: "Opening-hours match", gini: "Gini", palma: "Palma ratio", blind_spot: "Blind spots", age_gap: "Age-group gap", requirement_met: "Requirement met",
  },
  sourceKind: { facility: "Facility", people: "People", streets: "Walking network" },
  capacityUnit: { places: "places", beds: "beds", classes: "classes", spaces: "spaces" },
  highway: {
    residential: "residential street", living_street: "living street", unclassified: "minor road", service: "service road", footway: "footway", path: "path", pedestrian: "pedestrian street", steps: "steps", primary: "main road", secondary: "secondary road", tertiary: "local road", track: "track", trunk: "trunk road", cycleway: "cycleway", street: "street",
  },
  unit: { people: "people", persons: "{n} people" },
};
