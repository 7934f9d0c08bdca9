/** Kinds of units and lines of departments, as the catalogue has them. */
export const KINDS = ["leading_group", "office", "government", "department", "street_office", "community_committee", "grid_team", "company", "association"] as const;
export const LINES = [
  "housing", "commerce", "culture", "education", "civil_affairs", "health", "urban_management", "political_legal", "social_work", "organization", "natural_resources", "transport",
  "public_security", "justice", "human_resources", "emergency", "fire_rescue", "postal", "financial_regulation", "development_reform", "market_regulation", "disabled_federation",
  "government_services", "agriculture",
] as const;
