import type { Stack } from 'aws-cdk-lib'
import { App } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { TemplateDocument } from './caching.ts'
import { SampleStack } from './sample-stack.ts'

/** What the CDK makes of a stack, for tests. */
export function synthesised(stack: Stack): Record<string, unknown> {
  return Template.fromStack(stack).toJSON()
}

/** What it makes of the sample, before any zip is there. */
export function sample(document: TemplateDocument): Record<string, unknown> {
  const code = Code.fromInline('exports.handler = undefined')
  return synthesised(
    new SampleStack(new App(), 'latchkey-orders', { document, code, origin: 'https://origin.example' }),
  )
}
