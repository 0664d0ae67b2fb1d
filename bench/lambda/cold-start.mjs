/**
 * A fresh process that imports one bundle and asks it once: what a cold start adds to Lambda's own. Plain JavaScript, so
 * that no compiler of types is at work beside it. The event comes as JSON, the answer and the times go back as JSON.
 */
const [path, event] = process.argv.slice(2)
const input = JSON.parse(event)
const cpu = process.cpuUsage()
const started = performance.now()
const { handler } = await import(path)
const answer = await handler(input, {})
const clock = (performance.now() - started) * 1000
const { user, system } = process.cpuUsage(cpu)
console.log(JSON.stringify({ clock, cpu: user + system, answer }))
