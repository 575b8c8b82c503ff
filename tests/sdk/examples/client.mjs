// Tell the box what was watched: Node, the unmodified Firebolt SDK.
// Usage: node client.mjs ENDPOINT  (the line "app" of 'edgeagent service endpoint')
// Needs: Node 18 or newer, and npm install @firebolt-js/sdk@1.7.0 ws@8.18.0
import WebSocket from 'ws'

globalThis.WebSocket ??= WebSocket
globalThis.window = globalThis
globalThis.window.__firebolt = { endpoint: process.argv[2] } // before the import
const { Discovery } = await import('@firebolt-js/sdk')

console.log(await Discovery.watched('film-0011', 0.95, true))
process.exit(0)
