import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'

/** Plain JavaScript, so that types are checked without what is only measured against. */
export function sdkReader(table) {
  const client = new DynamoDBClient({})
  return {
    async get(id) {
      const asked = { TableName: table, Key: { id: { S: id } }, ConsistentRead: true }
      const { Item } = await client.send(new GetItemCommand(asked))
      return Item && { id, value: Item.value.S, version: Item.version.S }
    },
  }
}
