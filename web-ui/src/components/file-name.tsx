import { shortName, shownName } from '../text/file-name.ts'

interface FileNameProps {
  readonly name: string
  readonly longest?: number
}

/** A file's name as others chose it: it cannot turn round what stands beside it, nor hide its ending. */
export function FileName({ name, longest }: FileNameProps) {
  return (
    <bdi class="file-name" title={shownName(name)}>
      {shortName(name, longest)}
    </bdi>
  )
}
