import { webhook } from '../../src/sinks/webhook.ts'

/** Writes one event to the webhook that is named, and does nothing more: a process with nothing else to do ends. */
const [url = ''] = process.argv.slice(2)
const secret = () => ['a secret to sign with']
webhook({ url, secret, realm: 'api', lasting: true }).write({ type: 'notice', level: 'warn', message: 'a' })
