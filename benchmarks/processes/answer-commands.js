// The worker's end: a line of JSON in is a command, a line out is its answer. Runs on Node, Bun and Deno.
import process from 'node:process'
import { createInterface } from 'node:readline'

/** @param commands - an object with a method for each command */
export async function answerCommands(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, options } = JSON.parse(line)
    const say = (result) => process.stdout.write(`${JSON.stringify(result)}\n`)
    try {
      say({ answer: (await commands[command](options)) ?? null })
    } catch (error) {
      say({ error: String(error?.stack ?? error) })
    }
  }
  process.exit(0)
}
