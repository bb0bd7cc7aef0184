import { answerQuestions } from '../../threads/thread-worker';
import { drawPaper } from './paper-image';

/** The thread that draws: one paper in, one PNG out. */
answerQuestions(drawPaper);
