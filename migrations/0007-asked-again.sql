-- A provider may change its mind, and the message that says so can be lost: payments that it called failed are asked about
-- as well as those that are silent.
drop index payments_silent;
create index payments_silent on payments (created_at) where status = 'pending' or (status = 'failed' and problem is null);
