/** SETTINGS, RFC 9113 section 6.5. */
import { ConnectionFault, ErrorCode } from './error-code.ts';
import { DEFAULT_WINDOW, MAX_WINDOW } from './flow-window.ts';
import { MAX_FRAME_BYTES, readUint32, writeUint32 } from './frame.ts';

export const SettingId = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
} as const;

const ENTRY_BYTES = 6;

/** What the peer has told us; the defaults of RFC 9113 until it does. */
export class PeerSettings {
  headerTableSize = 4096;
  maxConcurrentStreams = Infinity;
  initialWindowSize = DEFAULT_WINDOW;
  maxFrameSize = MAX_FRAME_BYTES;

  /** Takes a SETTINGS payload in order. @throws ConnectionFault for a value out of range. */
  apply(buffer: Buffer, start: number, end: number): void {
    for (let at = start; at + ENTRY_BYTES <= end; at += ENTRY_BYTES) {
      const id = ((buffer[at] as number) << 8) | (buffer[at + 1] as number);
      this.#set(id, readUint32(buffer, at + 2));
    }
  }

  #set(id: number, value: number): void {
    switch (id) {
      case SettingId.headerTableSize:
        this.headerTableSize = value;
        return;
      case SettingId.enablePush:
        if (value > 1) throw outOfRange('ENABLE_PUSH', value, ErrorCode.protocolError);
        return;
      case SettingId.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        return;
      case SettingId.initialWindowSize:
        if (value > MAX_WINDOW)
          throw outOfRange('INITIAL_WINDOW_SIZE', value, ErrorCode.flowControlError);
        this.initialWindowSize = value;
        return;
      case SettingId.maxFrameSize:
        if (value < MAX_FRAME_BYTES || value > 0xffffff) {
          throw outOfRange('MAX_FRAME_SIZE', value, ErrorCode.protocolError);
        }
        this.maxFrameSize = value;
        return;
      default:
        // MAX_HEADER_LIST_SIZE is advice we leave to the endpoints; unknown settings are ignored by section 6.5.2.
        return;
    }
  }
}

function outOfRange(name: string, value: number, code: number): ConnectionFault {
  return new ConnectionFault(code, `SETTINGS_${name} may not be ${value}`);
}

/** A SETTINGS payload. */
export function settingsPayload(
  entries: readonly (readonly [id: number, value: number])[],
): Buffer {
  const payload = Buffer.alloc(entries.length * ENTRY_BYTES);
  entries.forEach(([id, value], i) => {
    payload[i * ENTRY_BYTES + 1] = id;
    writeUint32(payload, i * ENTRY_BYTES + 2, value);
  });
  return payload;
}
