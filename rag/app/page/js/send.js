(question, ...rest) => {
  const typed = document.takeQuestion() ?? question;
  return [typed, ...rest];
}
