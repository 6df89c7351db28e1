// One contestant in a process of its own: a line of JSON in is a command, a line out is its answer.

import process from 'node:process'
import { createInterface } from 'node:readline'
import { Measurement } from './measure.js'

const measurement = new Measurement()

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...options } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ answer: (await measurement[command](options)) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error?.stack ?? error) })}\n`)
  }
}
