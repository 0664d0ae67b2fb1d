import type { Asked, Got } from '../../examples/strapi/ask.ts'

/** A request, and what each column answered. */
export interface Row {
  readonly asked: Asked
  readonly got: readonly Got[]
}

/** Whether a column says something else than the first. */
export function differs({ got: [first, ...others] }: Row): boolean {
  return others.some((each) => wordsOf(each) !== wordsOf(first as Got))
}

/** A Markdown table of statuses; what differs from the first column is bold. */
export function tableOf(columns: readonly string[], rows: readonly Row[]): string {
  const lines = rows.map(({ asked, got }) => [
    `\`${asked.method} ${asked.path.replace(/[{}]/g, '')}\``,
    asked.says,
    ...got.map((each) => cellOf(each, got[0] as Got)),
  ])
  return [['request', 'token', ...columns], ['request', 'token', ...columns].map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function cellOf(got: Got, first: Got): string {
  return wordsOf(got) === wordsOf(first) ? wordsOf(got) : `**${wordsOf(got)}**`
}

/** The usual words of a 401 and a 403 are left out. */
const USUAL = new Set(['Missing or invalid credentials', 'Forbidden', 'Not Found'])

function wordsOf({ status, contentType, body }: Got): string {
  if (!contentType.startsWith('application/json') || body === '') return String(status)
  const { error, errors } = JSON.parse(body) as { error?: { message: string }; errors?: { message: string }[] }
  const message = error?.message ?? errors?.[0]?.message
  return message === undefined || USUAL.has(message) ? String(status) : `${status} ${message}`
}
