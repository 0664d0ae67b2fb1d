import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverless } from '../offline.ts'

/** What osls makes of serverless.yml for CloudFormation, as JSON. */
export async function packaged(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-package-'))
  try {
    const child = serverless(['package', '--package', folder], { LATCHKEY_TOKEN: 'not a token, only its place' })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk))
    const code = await new Promise((resolve) => child.once('exit', resolve))
    if (code !== 0) throw new Error(`serverless package ended with ${code}:\n${output}`)
    return await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
