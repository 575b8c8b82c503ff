// An evening in front of the television, through the unmodified Firebolt SDKs.
// Usage: node evening.mjs APP_ENDPOINT MANAGE_ENDPOINT; prints one JSON object.
// Each SDK keeps one connection in globalThis.window.__firebolt, so the two classes of caller are
// two processes: "node evening.mjs ENDPOINT app", then "node evening.mjs ENDPOINT manage".

import WebSocket from 'ws'

const [endpoint, role] = process.argv.slice(2)
globalThis.WebSocket ??= WebSocket
globalThis.window = globalThis
globalThis.window.__firebolt = { endpoint } // before the imports: they read it once

const { Discovery, Metrics, Advertising, Profile } = await import('@firebolt-js/sdk')
const { Privacy } = await import('@firebolt-js/manage-sdk')

const failed = async (call) => call.then(() => null, (error) => error.code)
const flags = [
  'ACRCollection', 'AppContentAdTargeting', 'CameraAnalytics', 'Personalization',
  'PrimaryBrowseAdTargeting', 'PrimaryContentAdTargeting', 'ProductAnalytics',
  'RemoteDiagnostics', 'ResumePoints', 'UnentitledPersonalization',
  'UnentitledResumePoints', 'WatchHistory',
]
const name = (flag) => `allow${flag}`

async function app() {
  const said = {}
  said.settings = await Privacy.settings()
  said.refusedWithoutConsent = await failed(Discovery.watched('sdk:1', 0.5))
  said.refusedWidening = await failed(Privacy.allowWatchHistory(true))
  said.policy = await Discovery.policy()
  said.limitAdTracking = (await Advertising.policy()).limitAdTracking
  said.flags = await Profile.flags()
  return said
}

async function manage() {
  const said = { told: {}, set: {} }
  const all = flags.map((flag) => new Promise((told) => {
    Privacy.listen(`${name(flag)}Changed`, (value) => {
      said.told[name(flag)] = value
      told()
    })
  }))
  const policies = []
  const policy = new Promise((told) => {
    Discovery.policy((value) => {
      policies.push(value)
      if (value.rememberWatchedPrograms) told()
    })
  })
  for (const flag of flags) {
    await Privacy[name(flag)](true)
    said.set[name(flag)] = await Privacy[name(flag)]()
  }
  await Promise.all(all)
  await policy
  said.policy = policies.at(-1)
  said.watched = await Discovery.watched('sdk:1', 0.5, false, '2026-01-11T20:15:00.000Z', 'app:adult')
  said.watchedList = await Discovery.watched([
    { entityId: 'sdk:2', progress: 0.95, completed: true },
    { entityId: 'sdk:3', progress: 1800 },
  ])
  said.child = await Discovery.watched('sdk:child', 0.5, false, undefined, 'app:child')
  said.media = [
    await Metrics.mediaLoadStart('sdk:4'),
    await Metrics.mediaPlay('sdk:4'),
    await Metrics.mediaPlaying('sdk:4'),
  ]
  for (let minute = 1; minute <= 60; minute++) {
    said.media.push(await Metrics.mediaProgress('sdk:4', minute / 61))
  }
  said.media.push(
    await Metrics.mediaSeeking('sdk:4', 0.5),
    await Metrics.mediaSeeked('sdk:4', 0.5),
    await Metrics.mediaRateChange('sdk:4', 2),
    await Metrics.mediaRenditionChange('sdk:4', 5000, 1920, 1080, 'HDR'),
    await Metrics.mediaWaiting('sdk:4'),
    await Metrics.mediaPause('sdk:4'),
    await Metrics.mediaEnded('sdk:4'),
  )
  said.invalid = await failed(Discovery.watched('', 0.5))
  said.unknown = await failed(Discovery.clearContentAccess())
  Privacy.clear('allowResumePointsChanged')
  await Privacy.allowResumePoints(false)
  said.settings = await Privacy.settings()
  return said
}

console.log(JSON.stringify(await { app, manage }[role]()))
process.exit(0)
