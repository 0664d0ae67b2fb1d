import type { Model } from '../model.ts'
import { cloudFormation } from './cloudformation.ts'
import { sam } from './sam.ts'
import { serverless } from './serverless.ts'
import type { Line, Tree } from './tree.ts'
import { at, entriesOf, itemsOf, knownText } from './tree.ts'
import type { Include } from './variables.ts'
import { treeOf, Unreadable } from './yaml.ts'

const READ = 'serverless.yml, SAM templates and CloudFormation, as YAML or JSON, are read here'

/** Reads a template of any kind into the one model; `include` reads what it names of other files. Throws `Unreadable`. */
export function readTemplate(text: string, file: string, include: Include): Model {
  // HCL begins so; the rest of it may well be YAML.
  if (/^\s*(?:resource|module|provider|variable|terraform|data|locals)\s+(?:"|\{)/m.test(text))
    throw terraform({ file, number: 1 })
  const tree = treeOf(text, file)
  if (at(tree, 'format_version') && (at(tree, 'planned_values') ?? at(tree, 'values'))) throw terraform(tree.line)
  if (at(tree, 'Resources')) return isSam(tree) ? sam(tree) : cloudFormation(tree)
  if (at(tree, 'service') && (at(tree, 'provider') ?? at(tree, 'functions'))) return serverless(tree, include)
  throw new Unreadable(tree.line, `is no template that is known here: ${READ}`)
}

function terraform(line: Line): Unreadable {
  return new Unreadable(line, `is Terraform's, which is not read: ${READ}`)
}

function isSam(tree: Tree): boolean {
  const transforms = itemsOf(at(tree, 'Transform')).map(knownText)
  const types = entriesOf(at(tree, 'Resources')).map(([, resource]) => knownText(at(resource, 'Type')) ?? '')
  return (
    transforms.some((each) => each?.startsWith('AWS::Serverless-')) ||
    types.some((each) => each.startsWith('AWS::Serverless::'))
  )
}
