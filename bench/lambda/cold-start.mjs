/**
 * A fresh process that imports one bundle and asks it once: what a cold start adds to Lambda's own. Then it asks on, as
 * Lambda does, one call at a time. Plain JavaScript, so that no compiler of types is at work beside it. The event comes as
 * JSON, the answer and the times go back as JSON.
 */
const [path, event] = process.argv.slice(2)
const input = JSON.parse(event)
const timed = async (times, work) => {
  const cpu = process.cpuUsage()
  const started = performance.now()
  for (let time = 0; time < times; time++) await work()
  const clock = ((performance.now() - started) * 1000) / times
  const { user, system } = process.cpuUsage(cpu)
  return { clock, cpu: (user + system) / times }
}

let handler
let answer
const cold = await timed(1, async () => {
  handler = (await import(path)).handler
  answer = await handler(input, {})
})
const warm = await timed(200, () => handler(input, {}))
console.log(JSON.stringify({ ...cold, warm, answer }))
