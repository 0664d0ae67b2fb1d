import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ROOT } from '../offline.ts'

export interface Resource {
  readonly Type: string
  readonly Properties: Record<string, unknown>
  readonly DependsOn?: string | readonly string[]
  readonly DeletionPolicy?: string
}

export type Resources = Readonly<Record<string, Resource>>

/** The properties of every resource of a type, by name. */
export function ofType(resources: Resources, type: string): [name: string, properties: Resource['Properties']][] {
  const found = Object.entries(resources).filter(([, resource]) => resource.Type === type)
  return found.map(([name, { Properties }]) => [name, Properties])
}

interface Diagnostic {
  readonly severity: 'FATAL' | 'ERROR'
  readonly ruleId: string
  readonly message: string
}

/**
 * What AWS's own validator, by the schemas of its resources, finds wrong in a template. It comes with `aws-cdk-lib`. One
 * rule is left out for the variables of API Gateway, which look like those of `Fn::Sub`.
 */
export function faultsOf(template: string, name: string): string[] {
  const library = join(ROOT, 'examples/aws-cdk/node_modules/aws-cdk-lib/package.json')
  if (!existsSync(library)) throw new Error('aws-cdk-lib is not installed: npm ci --prefix examples/aws-cdk')
  const { CompositeEngine, TemplateContent } = createRequire(library)('@aws/cloudformation-validate')
  const engine = new CompositeEngine()
  try {
    const { diagnostics } = engine.validateTemplate(new TemplateContent(template, name), { severityLevel: 'ERROR' })
    return (diagnostics as readonly Diagnostic[])
      .filter(({ ruleId, message }) => !(ruleId === 'E1029' && message.includes("'${context.authorizer.")))
      .map(({ ruleId, message }) => `${ruleId}: ${message}`)
  } finally {
    engine.free()
  }
}
