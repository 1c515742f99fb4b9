/**
 * An archive in cpio's "newc" form, the one that Linux unpacks an initrd from (Documentation/driver-api/early-userspace/
 * buffer-format.rst): files of the root folder, mode 0600, owner root, date 0. Uncompressed, so that the bytes depend on
 * no version of a compressor.
 */
export function cpio(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  let inode = 0;
  for (const [name, content] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name))
      throw new Error(`not a name for cpio: ${JSON.stringify(name)}`);
    inode += 1;
    parts.push(header(name, { inode, mode: 0o100600, size: content.length }), padded(content));
  }
  parts.push(header('TRAILER!!!', { inode: 0, mode: 0, size: 0 }));
  return Buffer.concat(parts);
}

/** An initrd with an archive behind it: Linux unpacks one after the other, each begins at a multiple of 4. */
export function appended(initrd: Buffer, archive: Buffer): Buffer {
  return Buffer.concat([padded(initrd), archive]);
}

function header(name: string, { inode, mode, size }: { inode: number; mode: number; size: number }): Buffer {
  const fields = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length + 1, 0];
  const hex = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return padded(Buffer.from(`070701${hex}${name}\0`, 'latin1'));
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
