import { pino, type Logger } from 'pino';

/**
 * The hub's log: JSON lines on standard error, for journald or whatever collects it. `TRESTLE_LOG` sets the least level; `info`
 * unless said.
 */
export function hubLog(): Logger {
  return pino(
    {
      base: null,
      level: process.env['TRESTLE_LOG'] ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
