/**
 * A person's part of a score, by algorithm v1, from its unweighted parts:
 * `0.35·interest + 0.25·similarity + 0.15·depth + 0.10·freshness + 0.10·followup − 0.10·negative − 0.05·diversity`.
 *
 * At most 0.95; without a lower bound, because interest has none. Source: existing site, algorithm v1.
 */
export function personalSumV1(
  interest: number,
  similarity: number,
  depth: number,
  freshness: number,
  followup: number,
  negative: number,
  diversity: number,
): number {
  return (
    0.35 * interest +
    0.25 * similarity +
    0.15 * depth +
    0.1 * freshness +
    0.1 * followup -
    0.1 * negative -
    0.05 * diversity
  );
}

/**
 * A score, by algorithm v1, from its unweighted parts:
 * `personal + 0.40·trending + 0.15·rising + 0.05·editorial + news + sports`, with personal 0 for nobody.
 *
 * Source: existing site, algorithm v1.
 */
export function finalSumV1(
  personal: number,
  trending: number,
  rising: number,
  editorial: number,
  news: number,
  sports: number,
): number {
  return personal + 0.4 * trending + 0.15 * rising + 0.05 * editorial + news + sports;
}
