/** The folder as a shell takes it for one word, and for no option. On Windows, both shells know double quotes. */
export function quotedFolder(folder: string, platform: NodeJS.Platform = process.platform): string {
  const path = folder.startsWith('-') ? `./${folder}` : folder
  if (/^[\w./-]+$/.test(path)) return path
  return platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`
}
