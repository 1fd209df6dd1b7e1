import { extension } from './file-name.ts'
import { count } from './words.ts'

export type FileKind =
  'folder' | 'picture' | 'video' | 'audio' | 'document' | 'archive' | 'program' | 'other'

/** What is needed of a file to say what it is; all of it is its sender's word. */
export interface Claimed {
  readonly name: string
  readonly type: string
  readonly files?: number
}

const PROGRAMS =
  /^(exe|msi|bat|cmd|com|scr|pif|ps1|vbs|vbe|js|jse|wsf|hta|jar|apk|sh|run|app|dmg|pkg|deb|rpm|appimage|desktop|lnk|reg|py|cpl|msix|ipa)$/
const DOCUMENTS = /^(pdf|txt|md|csv|rtf|odt|ods|odp|docx?|xlsx?|pptx?|epub|html?|xml|json|log)$/
const ARCHIVES = /^(zip|7z|rar|tar|gz|tgz|bz2|xz|zst|iso)$/
const PICTURES = /^image\/(jpeg|png|gif|webp)$/

const WORDS: Readonly<Record<FileKind, string>> = {
  folder: 'Folder',
  picture: 'Picture',
  video: 'Video',
  audio: 'Sound',
  document: 'Document',
  archive: 'Archive',
  program: 'Program',
  other: 'File',
}

/** What it is. The name goes before the claimed type: it decides what opens the file later. */
export function kindOf({ name, type, files }: Claimed): FileKind {
  if (type === 'inode/directory' || files !== undefined) return 'folder'
  const ending = extension(name)
  if (PROGRAMS.test(ending)) return 'program'
  if (type.startsWith('image/')) return 'picture'
  if (type.startsWith('video/')) return 'video'
  if (type.startsWith('audio/')) return 'audio'
  if (ARCHIVES.test(ending)) return 'archive'
  return DOCUMENTS.test(ending) ? 'document' : 'other'
}

/** “Picture”, “PDF document”, “Folder, 12 files”. */
export function kindWords(file: Claimed): string {
  const kind = kindOf(file)
  if (kind === 'folder') {
    return file.files === undefined ? WORDS.folder : `${WORDS.folder}, ${count(file.files, 'file')}`
  }
  const ending = extension(file.name).toUpperCase()
  if (ending === '' || kind === 'picture' || kind === 'video' || kind === 'audio')
    return WORDS[kind]
  return `${ending} ${WORDS[kind].toLowerCase()}`
}

/** True when the page itself may show it: pictures that cannot run anything. */
export function isShowable(file: Claimed): boolean {
  return kindOf(file) === 'picture' && PICTURES.test(file.type)
}

/** How the page can play it, if it can. */
export function playerFor(file: Claimed): 'video' | 'audio' | null {
  const kind = kindOf(file)
  return kind === 'video' || kind === 'audio' ? kind : null
}
