// Tell the box what was watched: Node, the unmodified Firebolt SDK.
// Usage: node client.mjs ENDPOINT  ('edgeagent service endpoint' prints it)
import WebSocket from 'ws'

globalThis.WebSocket ??= WebSocket
globalThis.window = globalThis
globalThis.window.__firebolt = { endpoint: process.argv[2] } // before the import
const { Discovery } = await import('@firebolt-js/sdk')

console.log(await Discovery.watched('t:02', 0.95, true))
process.exit(0)
