/** A known way round a middleware of Next. */
export interface Advisory {
  readonly id: string
  /** The versions that have it: from, and the first without it. */
  readonly affected: readonly (readonly [from: string, fixed: string])[]
}

/** What is known, by the advisories of https://github.com/vercel/next.js/security/advisories and the CVE records. */
export const ADVISORIES: readonly Advisory[] = [
  {
    // GHSA-f82v-jwr5-mffw: x-middleware-subrequest.
    id: 'CVE-2025-29927',
    affected: [
      ['11.1.4', '12.3.5'],
      ['13.0.0', '13.5.9'],
      ['14.0.0', '14.2.25'],
      ['15.0.0', '15.2.3'],
    ],
  },
  {
    // GHSA-36qx-fr4f-26g5: i18n of the Pages Router.
    id: 'CVE-2026-44573',
    affected: [
      ['12.2.0', '15.5.16'],
      ['16.0.0', '16.2.5'],
    ],
  },
  {
    // GHSA-492v-c6pp-mqqv: parameters of dynamic routes by the query.
    id: 'CVE-2026-44574',
    affected: [
      ['15.4.0', '15.5.16'],
      ['16.0.0', '16.2.5'],
    ],
  },
  {
    // GHSA-267c-6grr-h53f: .rsc and segments past a matcher.
    id: 'CVE-2026-44575',
    affected: [
      ['15.2.0', '15.5.16'],
      ['16.0.0', '16.2.5'],
    ],
  },
  {
    // GHSA-26hh-7cqf-hhc6: the same with Turbopack. The CVE record says 15.5.17, the advisory database 15.5.18: the later.
    id: 'CVE-2026-45109',
    affected: [
      ['15.2.0', '15.5.18'],
      ['16.0.0', '16.2.6'],
    ],
  },
  {
    // GHSA-6gpp-xcg3-4w24: Turbopack and a single locale.
    id: 'CVE-2026-64642',
    affected: [['16.0.0', '16.2.11']],
  },
]

/** The advisories that a version falls under, each with the first version of its line that does not. */
export function advisoriesOf(version: string): (readonly [id: string, fixed: string])[] {
  return ADVISORIES.flatMap(({ id, affected }) =>
    affected.flatMap(([from, fixed]) =>
      compareVersions(version, from) >= 0 && compareVersions(version, fixed) < 0 ? [[id, fixed] as const] : [],
    ),
  )
}

/** Orders versions as Semantic Versioning does; of two prereleases of one version none is the earlier. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map(partsOf) as [number[], number[]]
  for (const [place, part] of a.entries()) if (part !== b[place]) return part - (b[place] as number)
  return 0
}

/** A prerelease is before its version. */
function partsOf(version: string): number[] {
  const [, major, minor, patch, prerelease] = /^(\d+)\.(\d+)\.(\d+)(-.+)?/.exec(version) ?? []
  return [Number(major), Number(minor), Number(patch), prerelease === undefined ? 1 : 0]
}

/** Whether a text is a version, and no range. */
export function isVersion(text: string): boolean {
  return /^\d+\.\d+\.\d+(?:[-+].*)?$/.test(text)
}
