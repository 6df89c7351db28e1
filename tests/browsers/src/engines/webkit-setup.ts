import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { hosts } from '../hosts.js'
import type { WebKitSetup } from './webkit.js'

declare module 'vitest' {
  export interface ProvidedContext {
    webkit: WebKitSetup
  }
}

/** A display without a screen, and a hosts file, for all tests in WebKit. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-webkit-'))
  const hostsFile = join(folder, 'hosts')
  await writeFile(hostsFile, hosts.map((host) => `127.0.0.1 ${host}\n`).join(''))
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const display = await new Promise<string>((resolve, reject) => {
    xvfb.stdio[3]?.once('data', (number: Buffer) => resolve(`:${String(number).trim()}`))
    xvfb.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}.`)))
  })
  project.provide('webkit', { display, hostsFile })
  return async () => {
    xvfb.kill()
    await rm(folder, { recursive: true })
  }
}
