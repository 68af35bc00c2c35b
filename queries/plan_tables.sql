-- The two tables through which indicator queries see the plan
create table plan_items (indicator varchar, role varchar, item varchar);
create table plan_dates (name varchar, value date);
