import fc from 'fast-check';

/**
 * Properties are drawn from one seed, so that the same commit gives the same answer on every machine. Another seed looks
 * further: FC_SEED=$RANDOM npm test -- src/domain
 */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['FC_SEED'] ?? 20_261_123) });
