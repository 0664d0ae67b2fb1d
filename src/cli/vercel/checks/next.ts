import { advisoriesOf } from '../advisories.ts'
import type { Finding } from '../findings.ts'
import { finding, some } from '../findings.ts'
import { protectedBy } from '../gaps.ts'
import { probesOfFile } from '../probes.ts'
import { isAny, shownPath } from '../served.ts'
import type { Subject } from '../subject.ts'

/** Next itself: its version, and what of its configuration goes round a gate. */
export function next(subject: Subject): Finding[] {
  const { project } = subject
  if (!project.isNext || !project.gate) return project.rewrites ? rewrites(subject) : []
  return [...version(subject), ...unread(subject), ...rewrites(subject), ...rscEnding(subject), ...otherForms(subject)]
}

function version({ project }: Subject): Finding[] {
  const { version: known, range } = project.version
  if (known === undefined) {
    const said = range === undefined ? 'package.json names no next' : `package.json says ${range}`
    return [
      finding(
        project.manifest,
        'next-version',
        `the version of next is not known: ${said}; install, or commit a lockfile`,
      ),
    ]
  }
  const found = advisoriesOf(known)
  if (found.length === 0) return []
  const told = found.map(([id, fixed]) => `${id} (fixed in ${fixed})`).join(', ')
  return [
    finding(project.manifest, 'next-bypass', `next ${known} has known ways round a middleware: ${told}; update it`),
  ]
}

function unread({ project: { config } }: Subject): Finding[] {
  if (config.unread.length === 0) return []
  const message = `${config.unread.join(', ')} cannot be read without running it: taken as if it were not there; write it out`
  return [finding(config.place, 'config-unread', message)]
}

function rewrites({ project }: Subject): Finding[] {
  const { answering } = project
  const isClosed = answering.length > 0 && answering.every(({ isGuarded }) => isGuarded)
  if (!project.rewrites || isClosed) return []
  return [
    finding(
      project.rewrites,
      'rewrites',
      'rewrites serve another path than was judged: wrap the handlers they lead to in guard',
    ),
  ]
}

/** Next's own server shows `/x.rsc` to its proxy as `/x`, and then serves `/x.rsc`. */
function rscEnding(subject: Subject): Finding[] {
  const { config, answering } = subject.project
  if (config.hasRscRedirect) return []
  const open = answering.filter(
    (file) =>
      file.kind === 'app-handler' &&
      !file.isGuarded &&
      (file.tail !== 'none' || isAny(file.segments.at(-1) ?? '')) &&
      probesOfFile(file, []).some(({ path }) => subject.inScope(path) && protectedBy(subject, path)),
  )
  if (open.length === 0) return []
  const message = `next start serves ${some(open.map(shownPath))} with an ending .rsc that the proxy is not shown: redirect /:path*.rsc, or wrap the handlers in guard`
  return [finding(config.place, 'rsc-ending', message)]
}

/** A protected page of the Pages Router under a public path: with a locale, or as data. */
function otherForms(subject: Subject): Finding[] {
  const { config, answering, gate } = subject.project
  const place = { file: gate?.file ?? config.place.file, line: 1 }
  const pages = answering.filter(({ kind }) => kind === 'pages-page')
  return pages.flatMap((page) => {
    const [probe] = probesOfFile(page, [])
    const path = probe?.path ?? '/'
    const route = protectedBy(subject, path)
    if (!route || !subject.inScope(path)) return []
    const rest = path.slice(config.basePath.length) || '/'
    const isOpen = (each: string) => subject.verdict('GET', config.basePath + each)?.isPublic === true
    const localized = config.locales
      .filter((locale) => locale !== config.defaultLocale)
      .map((locale) => `/${locale}${rest === '/' ? '' : rest}`)
      .filter(isOpen)
    const data = `/_next/data/BUILD${rest === '/' ? '/index' : rest}.json`
    return [
      ...(localized.length > 0
        ? [
            finding(
              place,
              'locale-open',
              `${route.path} is protected, and ${some(localized)} is public: protect it with a locale in front too`,
            ),
          ]
        : []),
      ...(config.skipProxyUrlNormalize && isOpen(data)
        ? [
            finding(
              config.place,
              'data-open',
              `${route.path} is protected, and its data at ${data} is public: open /_next/static/*, not /_next/*`,
            ),
          ]
        : []),
    ]
  })
}
