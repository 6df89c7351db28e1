// One contestant in a process of its own.
import { answerCommands } from '../processes/answer-commands.js'
import { Measurement } from './measure.js'

const measurement = new Measurement()
await answerCommands({
  prepare: (options) => measurement.prepare(options),
  measure: (options) => measurement.measure(options),
})
