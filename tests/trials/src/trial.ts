import { afterAll, onTestFinished } from 'vitest'
import type { AppName } from './apps.js'
import { type Engine, newName, startEngine } from './engines.js'
import { removeBundle, ServerProcesses } from './server-processes.js'
import { openStore, type Place, type StoreName } from './stores.js'
import { Visitor } from './visitor.js'

export const storeNames = Object.keys(openStore) as StoreName[]

const THREE: readonly AppName[] = ['visits', 'visits', 'visits']

// The same program for all tests of a file.
afterAll(removeBundle)

/** Three server processes for one test, which stops them, or one for each application that is named. `undefined` where the engine is missing. */
export async function serversFor(
  store: StoreName,
  apps: readonly AppName[] = THREE,
): Promise<ServerProcesses | undefined> {
  const engine = await startEngine[store]()
  return engine && serversAt(engine, { store, address: engine.address, name: newName() }, apps)
}

/** The same on an engine that is there. The test stops that as well. */
export async function serversAt(
  engine: Pick<Engine, 'stop'>,
  place: Place,
  apps: readonly AppName[] = THREE,
): Promise<ServerProcesses> {
  onTestFinished(() => engine.stop())
  const servers = await ServerProcesses.start(place, apps)
  onTestFinished(() => servers.stop())
  return servers
}

/** Visitors with a session each. */
export async function signIn(urls: readonly string[], count: number, owner = ''): Promise<Visitor[]> {
  const visitors = Array.from({ length: count }, () => new Visitor())
  for (const [i, visitor] of visitors.entries()) {
    const outcome = await visitor.request(urls[i % urls.length] as string, `/sign-in?owner=${owner}`)
    if (outcome !== 'success') throw new Error(`A sign-in came to "${outcome}"`)
  }
  return visitors
}

/** What all of them had of one outcome. */
export function total(visitors: readonly Visitor[], outcome: keyof Visitor['outcomes']): number {
  return visitors.reduce((sum, { outcomes }) => sum + outcomes[outcome], 0)
}
