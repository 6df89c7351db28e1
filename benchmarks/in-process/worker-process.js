// The parent's end of a worker: see worker.js.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const WORKER = new URL('worker.js', import.meta.url).pathname

export class WorkerProcess {
  #child
  #answers
  #errors = ''

  /** @param command - the runtime and its arguments, before the worker's file */
  constructor(command = [process.execPath], file = WORKER) {
    const [runtime, ...args] = command
    this.#child = spawn(runtime, [...args, file], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.on('data', (chunk) => {
      this.#errors = (this.#errors + chunk).slice(-2000)
    })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  async call(command, options) {
    this.#child.stdin.write(`${JSON.stringify({ command, ...options })}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`The worker ended: ${this.#errors}`)
    const { answer, error } = JSON.parse(value)
    if (error !== undefined) throw new Error(error)
    return answer
  }

  stop() {
    this.#child.kill('SIGKILL')
  }
}
