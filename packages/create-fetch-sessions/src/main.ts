#!/usr/bin/env node
/** `npm create fetch-sessions [folder] -- --template hono`: asks for what is not said, where somebody is there to answer. */

import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cancel, intro, isCancel, log, outro, select, text } from '@clack/prompts'
import { create, writeReadme } from './create.js'
import { quotedFolder } from './quoted-folder.js'
import { installCommands, type Template, templateOf, templates } from './templates.js'

const USAGE = `npm create fetch-sessions [folder] -- [--template NAME] [--no-install]

Templates: ${templates.map(({ name, title }) => `${name} (${title})`).join(', ')}`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: withoutDashes(process.argv.slice(2)),
    options: {
      template: { type: 'string', short: 't' },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
    allowPositionals: true,
  })
  if (values.help) return console.log(USAGE)
  if (positionals.length > 1) throw new Error(`One folder, not ${positionals.length}: ${positionals.join(', ')}`)
  intro('fetch-sessions')
  const template = values.template === undefined ? await askForTemplate() : templateOf(values.template)
  const folder = positionals[0] ?? (await askForFolder())
  await create(resolve(folder), template)
  log.success(`${folder} has a counter for ${template.title}, and a secret of its own in ${template.secretFile}.`)
  const isInstalled = !values['no-install'] && install(resolve(folder), template)
  if (isInstalled) await writeReadme(resolve(folder), template, true)
  const commands = isInstalled ? [] : installCommands(template).map((command) => command.join(' '))
  outro(
    ['Now:', `  cd ${quotedFolder(folder)}`, ...[...commands, template.start].map((command) => `  ${command}`)].join(
      '\n',
    ),
  )
}

/** npm takes the `--` in front of our options for itself. pnpm, Yarn and Bun hand it on, as what ends all options. */
function withoutDashes(args: readonly string[]): string[] {
  const isHandedOn = (arg: string, at: number): boolean =>
    arg === '--' && /^(?:--(?:template|no-install|help)(?:=.*)?|-[th])$/.test(args[at + 1] ?? '')
  return args.filter((arg, at) => !isHandedOn(arg, at))
}

async function askForTemplate(): Promise<Template> {
  demandPerson('--template NAME')
  const options = templates.map(({ name, title }) => ({ value: name, label: title }))
  return templateOf(answered(await select({ message: 'Where is it to run?', options })))
}

async function askForFolder(): Promise<string> {
  demandPerson('a folder')
  return answered(await text({ message: 'In which folder?', defaultValue: 'sessions', placeholder: 'sessions' }))
}

/** Nobody can be asked in a script. */
function demandPerson(what: string): void {
  if (!process.stdin.isTTY) throw new Error(`Say ${what}.\n\n${USAGE}`)
}

function answered(answer: string | symbol): string {
  if (!isCancel(answer)) return answer as string
  cancel('Nothing was written.')
  process.exit(1)
}

/** Whether everything could be installed. If not, what failed is printed, and the commands are said again at the end. */
function install(folder: string, template: Template): boolean {
  for (const [command = '', ...args] of installCommands(template)) {
    log.step([command, ...args].join(' '))
    const { status, error } = spawnSync(command, args, {
      cwd: folder,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (status === 0) continue
    log.warn(error === undefined ? `${command} ended with ${status}` : `${command} can't be run: ${error.message}`)
    return false
  }
  return true
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
