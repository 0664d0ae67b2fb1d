/** What one request of a batch took, in microseconds; the process's CPU time with all its threads, where it is known. */
export interface Sample {
  readonly clock: number
  readonly cpu?: number | undefined
}

/** The middle of a list of numbers, and what half of them lie between. */
export interface Quartiles {
  readonly low: number
  readonly median: number
  readonly high: number
}

/** Runs some requests and tells what one of them took. */
export type Batch = () => Promise<Sample>

/** What was measured: for each case its samples, and beside each the baseline's sample from just before. */
export type Measured<Name extends string> = Readonly<Record<Name, readonly { own: Sample; baseline: Sample }[]>>

/**
 * Measures cases against a baseline: in every round each case runs once, in an order of its own, and each right behind
 * a batch of the baseline, so that whatever disturbs the machine disturbs both. The first rounds only warm up.
 */
export async function interleave<Name extends string>(
  baseline: Batch,
  cases: Readonly<Record<Name, Batch>>,
  rounds: number,
): Promise<Measured<Name>> {
  const names = Object.keys(cases) as Name[]
  const measured = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    { own: Sample; baseline: Sample }[]
  >
  const warmUp = Math.ceil(rounds / 4)
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const before = await baseline()
      const own = await cases[name]()
      if (round >= 0) measured[name].push({ own, baseline: before })
    }
  }
  return measured
}

/** The same items in a random order. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  const order = [...items]
  for (let place = order.length - 1; place > 0; place--) {
    const other = Math.floor(Math.random() * (place + 1))
    ;[order[place], order[other]] = [order[other] as Item, order[place] as Item]
  }
  return order
}

/** How many times as much one took as the other, by the clock and by the CPU where both know that. */
export interface Ratios {
  readonly clock: Quartiles
  readonly cpu: Quartiles | undefined
}

/** A case to the baseline right before it. */
export function toBaseline<Name extends string>(measured: Measured<Name>, name: Name): Ratios {
  return ratios(measured[name].map(({ own, baseline }) => [own, baseline]))
}

/** A case to another one of the same round. */
export function toCase<Name extends string>(measured: Measured<Name>, name: Name, other: Name): Ratios {
  return ratios(measured[name].map(({ own }, round) => [own, (measured[other][round] as { own: Sample }).own]))
}

/** How many times as much each sample took as the one that it is paired with. */
export function ratios(pairs: readonly (readonly [above: Sample, below: Sample])[]): Ratios {
  const cpu = pairs.flatMap(([above, below]) =>
    above.cpu === undefined || below.cpu === undefined || below.cpu === 0 ? [] : [above.cpu / below.cpu],
  )
  return {
    clock: quartiles(pairs.map(([above, below]) => above.clock / below.clock)),
    cpu: cpu.length === pairs.length ? quartiles(cpu) : undefined,
  }
}

/** The quartiles of a list that is not empty, between two neighbours in proportion. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (part: number): number => {
    const place = part * (sorted.length - 1)
    const below = sorted[Math.floor(place)] as number
    const above = sorted[Math.ceil(place)] as number
    return below + (above - below) * (place - Math.floor(place))
  }
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}
