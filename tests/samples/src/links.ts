import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { remark } from 'remark'
import remarkValidateLinks from 'remark-validate-links'
import { engine, type Options } from 'unified-engine'

/** What is wrong with the relative links and anchors of all documents in this folder, a line each. */
export async function brokenLinks(folder: string): Promise<string[]> {
  const report = new PassThrough()
  const printed = text(report)
  await new Promise<void>((done, fail) => {
    engine(
      {
        processor: remark(),
        // By the engine, which tells the plugin of all files; their types do not know one another.
        plugins: [[remarkValidateLinks, { repository: false, root: folder }]] as Options['plugins'],
        cwd: folder,
        files: ['.'],
        extensions: ['md'],
        ignorePatterns: [
          '**/dist/**',
          '**/.samples/**',
          '**/CHANGELOG.md',
          'docs/reference/**',
          'examples/frameworks/*/build/',
        ],
        color: false,
        quiet: true,
        silentlyIgnore: true,
        output: false,
        out: false,
        streamError: report,
      },
      (error) => (error ? fail(error) : done()),
    )
  })
  report.end()
  const lines = (await printed).split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => line.trim().replace(/\s+/g, ' '))
}
