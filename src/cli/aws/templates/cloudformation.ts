import type { Model } from '../model.ts'
import { appsync } from './appsync.ts'
import type { Drafts } from './drafts.ts'
import { drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { addAliases, functionsIn } from './functions.ts'
import { http } from './http.ts'
import type { Resources } from './resources.ts'
import { ofType, resourcesOf } from './resources.ts'
import { rest } from './rest.ts'
import type { Tree } from './tree.ts'
import { at } from './tree.ts'

/** Reads a CloudFormation template, as it is written, or as the CDK or the Serverless Framework make it. */
export function cloudFormation(template: Tree): Model {
  const resources = resourcesOf(at(template, 'Resources'))
  const read = drafts()
  resourcesInto(read, resources, functionsIn(resources))
  return read.model()
}

/** Reads resources beside what is known already of APIs and functions. */
export function resourcesInto(read: Drafts, resources: Resources, functions: Functions): void {
  addAliases(functions, resources)
  rest(resources, functions, read)
  http(resources, functions, read)
  appsync(resources, functions, read)
  for (const { name, line } of ofType(resources, 'AWS::CloudFormation::Stack', 'AWS::Serverless::Application')) {
    read.unread(line, `${name} is a stack with a template of its own: check that too`)
  }
}
