import { answerQuestions } from '../threads/thread-worker';
import { sheetsFile } from './label-sheets';

/** The thread that makes sheets of labels. */
answerQuestions(sheetsFile);
