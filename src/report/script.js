(() => {
  'use strict';
  // Without this script every table is as it stands: in the order that its text tells.
  const texts = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
  const status = document.createElement('p');
  status.className = 'unseen';
  status.setAttribute('role', 'status');
  document.body.append(status);

  // A cell's number; null where there is none, which stays last in either order.
  const number = (cell) => (cell.dataset.v === undefined ? null : Number(cell.dataset.v));
  const text = (cell) => cell.textContent.trim();

  const sort = (table, column, isNumber, order) => {
    const sign = order === 'ascending' ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => {
      const cell = row.cells[column];
      return { row, value: isNumber ? number(cell) : text(cell) || null };
    });
    rows.sort((one, other) => {
      if (one.value === null || other.value === null) {
        return (one.value === null) - (other.value === null);
      }
      return sign * (isNumber ? one.value - other.value : texts.compare(one.value, other.value));
    });
    body.append(...rows.map((entry) => entry.row));
  };

  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const isNumber = head.classList.contains('n');
      const label = text(head);
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const before = head.getAttribute('aria-sort');
        const first = isNumber ? 'descending' : 'ascending';
        const turned = before === 'ascending' ? 'descending' : 'ascending';
        const order = before === null ? first : turned;
        heads.forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', order);
        sort(table, column, isNumber, order);
        status.textContent = `${label}: ${order}`;
      });
    });
  }
})();
