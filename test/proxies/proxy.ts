import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ProxyName } from '../../scripts/ensure-proxies.ts'
import { ensureProxy } from '../../scripts/ensure-proxies.ts'
import { freePort } from './free-port.ts'

/** What a proxy stands before: ports of loopback, and the secret that it shows to the gate. */
export interface Behind {
  readonly gate: number
  readonly origin: number
  readonly secret: string
  /** The address of a proxy before it, whose word it takes. Default: nobody's. */
  readonly outer?: string
}

export interface RunningProxy {
  readonly port: number
  /** Where it ends TLS itself, with a certificate that nobody has signed, and speaks HTTP/2 too. */
  readonly tlsPort: number
  stop(): Promise<void>
}

interface Kind {
  /** The folder under `examples/` whose files run. */
  readonly folder: string
  readonly file: string
  readonly dialect: 'original' | 'forwarded'
  readonly args: readonly string[]
  /** The file as its README says that it is changed for HTTP/2, where it does not speak that by itself. */
  readonly withHttp2?: (text: string) => string
  /** What stands beside the file in a deployment. */
  readonly beside: (secret: string) => Readonly<Record<string, string>>
}

/** nginx's own file, as Debian's includes what lies in `conf.d`, with everything that it writes in one folder. */
function nginxConf(content: string): string {
  return `daemon off;
pid nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  ${content}
}
`
}

const NGINX_ARGS = ['-p', '.', '-c', 'nginx.conf', '-e', 'stderr']

const KINDS: Readonly<Record<ProxyName, Kind>> = {
  nginx: {
    folder: 'nginx',
    file: 'latchkey.conf',
    dialect: 'original',
    args: NGINX_ARGS,
    withHttp2: (text) => text.replace(' ssl;', ' ssl http2;'),
    beside: (secret) => ({
      'nginx.conf': nginxConf('include latchkey.conf;'),
      'latchkey-secret.conf': `proxy_set_header X-Latchkey-Proxy-Secret "${secret}";\n`,
    }),
  },
  caddy: {
    folder: 'caddy',
    file: 'Caddyfile',
    dialect: 'forwarded',
    args: ['run', '--config', 'Caddyfile', '--adapter', 'caddyfile'],
    beside: () => ({}),
  },
  haproxy: {
    folder: 'haproxy',
    file: 'haproxy.cfg',
    dialect: 'forwarded',
    args: ['-db', '-f', 'haproxy.cfg'],
    beside: () => ({}),
  },
}

export const PROXY_NAMES = Object.keys(KINDS) as readonly ProxyName[]

export function dialectOf(name: ProxyName): 'original' | 'forwarded' {
  return KINDS[name].dialect
}

/** The ports in the files that are shipped: of the proxy itself, the gate and the origin. */
const SHIPPED = { port: 8080, tlsPort: 8443, gate: 8787, origin: 9000 } as const

/** Starts a proxy from the very files that are shipped, with other ports, and waits until it answers. */
export async function startProxy(name: ProxyName, { gate, origin, secret, outer }: Behind): Promise<RunningProxy> {
  const { folder, file, args, withHttp2 = (text) => text, beside } = KINDS[name]
  const own = { port: await freePort(), tlsPort: await freePort() }
  const home = mkdtempSync(join(tmpdir(), `latchkey-${name}-`))
  cpSync(fileURLToPath(new URL(`../../examples/${folder}`, import.meta.url)), home, { recursive: true })
  const shipped = withHttp2(withPorts(readFileSync(join(home, file), 'utf8'), { ...own, gate, origin }))
  writeFileSync(join(home, file), outer === undefined ? shipped : behindAnother(shipped, outer))
  for (const [each, text] of Object.entries(beside(secret))) writeFileSync(join(home, each), text)
  return { ...own, stop: await started(name, args, home, own, secret) }
}

/** Starts an nginx that asks nobody: what it sends on comes from `address`, and says what it saw as most proxies do. */
export async function startEdge(address: string, next: number): Promise<RunningProxy> {
  const own = { port: await freePort(), tlsPort: await freePort() }
  const home = mkdtempSync(join(tmpdir(), 'latchkey-edge-'))
  const server = `server {
    listen 127.0.0.1:${own.port};
    listen 127.0.0.1:${own.tlsPort} ssl;
    ssl_certificate     tls.crt;
    ssl_certificate_key tls.key;
    location / {
      proxy_pass http://127.0.0.1:${next};
      proxy_bind ${address};
      proxy_set_header Host              $host;
      proxy_set_header X-Forwarded-For   $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Host  $host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`
  writeFileSync(join(home, 'nginx.conf'), nginxConf(server))
  return { ...own, stop: await started('nginx', NGINX_ARGS, home, own, '') }
}

/** Runs a proxy in a folder of its own until it is stopped. */
async function started(
  name: ProxyName,
  args: readonly string[],
  home: string,
  { port, tlsPort }: Pick<RunningProxy, 'port' | 'tlsPort'>,
  secret: string,
): Promise<RunningProxy['stop']> {
  const program = ensureProxy(name)
  makeCertificate(home)
  // Caddy keeps what it makes under HOME, and would listen for its administration at a fixed port.
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, PROXY_SECRET: secret }
  const admin = { CADDY_ADMIN: `127.0.0.1:${await freePort()}` }
  const child = spawn(program, args, { cwd: home, env: { ...env, ...admin }, stdio: ['ignore', 'pipe', 'pipe'] })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += String(chunk)))
  let isGone = false
  const gone = new Promise<void>((resolve) => {
    child.on('error', (error) => (written += error.message))
    child.on('close', () => {
      isGone = true
      resolve()
    })
  })
  while (!(await isAnswered(port)) || !(await isAnswered(tlsPort))) {
    if (isGone) throw new Error(`${name} did not start: ${written.slice(-2_000)}`)
    await after(POLL_MILLISECONDS)
  }
  return async () => {
    child.kill('SIGTERM')
    const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MILLISECONDS)
    await gone
    clearTimeout(killing)
    rmSync(home, { recursive: true, force: true })
  }
}

/** A certificate for this run only, signed by itself, as each of the proxies reads it. */
function makeCertificate(home: string): void {
  const files = { crt: join(home, 'tls.crt'), key: join(home, 'tls.key') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2']
  const output = ['-keyout', files.key, '-out', files.crt]
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, ...output], { stdio: 'ignore' })
  writeFileSync(join(home, 'tls.pem'), readFileSync(files.crt, 'utf8') + readFileSync(files.key, 'utf8'))
}

/** The file as its comments say that it is changed behind another proxy. */
function behindAnother(text: string, outer: string): string {
  if (!text.includes('#outer ')) throw new Error('the file does not say what to do behind another proxy')
  return text.replaceAll('#outer ', '').replaceAll('192.0.2.1', outer)
}

const POLL_MILLISECONDS = 20
const PATIENCE_MILLISECONDS = 3_000

/** The file with ports of its own. A port that it does not name as it should is a fault of the file. */
function withPorts(text: string, ports: Readonly<Record<keyof typeof SHIPPED, number>>): string {
  return Object.entries(SHIPPED).reduce((whole, [what, shipped]) => {
    if (!whole.includes(`:${shipped}`)) throw new Error(`the file does not name port ${shipped}`)
    return whole.replaceAll(`:${shipped}`, `:${ports[what as keyof typeof SHIPPED]}`)
  }, text)
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
