/** What asks DynamoDB, with what signs requests to it: loaded for the first record that is read. */
export { dynamodb as limiter } from '../../src/limiters/dynamodb.ts'
export { dynamodb as store } from '../../src/stores/dynamodb.ts'
