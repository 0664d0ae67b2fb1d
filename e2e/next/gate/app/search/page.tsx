import { headers } from 'next/headers'

type Query = Promise<Record<string, string | string[] | undefined>>

/** Shows what a page is given of a request. */
export default async function Page({ searchParams }: { searchParams: Query }) {
  const name = (await headers()).get('x-latchkey-name')
  return <pre>{JSON.stringify({ name, searchParams: await searchParams })}</pre>
}
