import { liveThroughSeeds } from './seeds';

liveThroughSeeds(1);
