import { installCommands, type Template } from './templates.js'

const HOME = 'https://github.com/fetch-sessions/fetch-sessions'

/**
 * The README of an application: how it starts, where its secret is, and what comes before the first visitor.
 * `isInstalled`: its file of packages names them, so that a copy needs no more than what is named there.
 */
export function readmeOf(name: string, template: Template, isInstalled: boolean): string {
  const { title, install, start, counts, secretFile } = template
  const commands = isInstalled ? [`${install[0]} install`] : installCommands(template).map((words) => words.join(' '))
  return `# ${name}

A counter for ${title}, with sessions by [fetch-sessions](${HOME}#readme).

\`\`\`sh
${[...commands, start].join('\n')}
\`\`\`

${counts ?? 'Visit http://localhost:3000 twice'}. The secret that signs cookies is in \`${secretFile}\`, which is not committed: each copy
has \`SESSION_SECRET\` of its own, of \`openssl rand -base64 32\`. In production it comes from the environment or the platform's
secrets. [Deploying](${HOME}/blob/main/docs/deploying.md) has the rest.
`
}
