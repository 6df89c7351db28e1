/** `pnpm release:dry`: what would be published, and whether it may. */

import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { default as getReleasePlan } from '@changesets/get-release-plan'
import { problemsOf } from './problems.js'
import { pack } from './tarball.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

const plan = await getReleasePlan(ROOT)
const versions = new Map(plan.releases.map(({ name, newVersion }) => [name, newVersion]))

let problems = 0
for (const name of readdirSync(`${ROOT}packages`).sort()) {
  const folder = `packages/${name}`
  if (!existsSync(`${ROOT}${folder}/package.json`)) continue
  const tarball = pack(`${ROOT}${folder}`)
  const version = versions.get(tarball.manifest.name)
  const kilobytes = (tarball.size / 1000).toFixed(1).padStart(6)
  console.log(
    `${tarball.manifest.name.padEnd(32)} ${(version ?? '-').padEnd(8)} ${String(tarball.files.length).padStart(4)} files ${kilobytes} kB`,
  )
  const found = problemsOf(tarball, folder)
  if (version === undefined) found.push('no changeset names it: pnpm changeset')
  for (const problem of found) console.log(`  ${problem}`)
  problems += found.length
}
console.log(problems === 0 ? 'Nothing stands in the way.' : `${problems} things to mend first.`)
process.exitCode = problems === 0 ? 0 : 1
