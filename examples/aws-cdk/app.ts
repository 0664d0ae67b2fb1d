import { App } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import document from './latchkey.json' with { type: 'json' }
import { SampleStack } from './sample-stack.ts'

const app = new App()
new SampleStack(app, 'latchkey-orders', {
  document,
  code: Code.fromAsset('authorizer.zip'),
  origin: app.node.tryGetContext('origin') ?? 'https://origin.example',
})
app.synth()
