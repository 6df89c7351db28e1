// The parent's end of a worker: see answer-commands.js.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A million sessions take their time to be made. */
const TIMEOUT_MS = 300_000

export class WorkerProcess {
  #child
  #answers
  #errors = ''

  /**
   * @param file - URL of the worker's module
   * @param command - the runtime and its arguments, before the file
   * @param args - behind the file
   */
  constructor(file, { command = [process.execPath], args = [] } = {}) {
    const [runtime, ...before] = command
    this.#child = spawn(runtime, [...before, fileURLToPath(file), ...args], { stdio: 'pipe' })
    this.#child.on('error', (error) => this.#noteError(error))
    this.#child.stdin.on('error', (error) => this.#noteError(error))
    this.#child.stderr.on('data', (chunk) => this.#noteError(chunk))
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  async call(command, options) {
    this.#child.stdin.write(`${JSON.stringify({ command, options })}\n`)
    const { value, done } = await this.#answerInTime(command)
    if (done) throw new Error(`The worker ended: ${this.#errors}`)
    const { answer, error } = JSON.parse(value)
    if (error !== undefined) throw new Error(error)
    return answer
  }

  stop() {
    // A runtime that a script of its package has started is told by the end of its input.
    this.#child.stdin.end()
    this.#child.kill('SIGKILL')
  }

  async #answerInTime(command) {
    let timer
    const timeout = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer to "${command}" in ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS)
    })
    try {
      return await Promise.race([this.#answers.next(), timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  #noteError(text) {
    this.#errors = (this.#errors + text).slice(-2000)
  }
}
